/*
 * prefix.h: the state of a program's prefix, kept on disk so that only the first load computes it.
 *
 * A kept state is named by a hash over everything it follows from (model, adapter, tokens, arithmetic): another program or
 * base never finds it, and it holds the very bits that computing would give. Keeping it is a matter of speed: what cannot be
 * read or written is computed.
 */
#ifndef PAW_FUNCTION_PREFIX_H
#define PAW_FUNCTION_PREFIX_H

#include "function/base.h"

/*
 * Fills `state` (empty) with the prefix's tokens. adapter_file: the adapter's bytes, or NULL for the bare model. The base's
 * lock is taken while something is computed.
 */
paw_status prefix_fill(paw_base *base, const adapter *lora, const void *adapter_file, size_t adapter_size,
                       const token_list *tokens, model_state *state, paw_error *err);

#endif
