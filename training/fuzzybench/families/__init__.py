"""One module a theme; every module registers its families when imported."""
