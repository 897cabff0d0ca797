"""FuzzyBench: training specs of mechanical fuzzy functions, outputs computed by code."""
