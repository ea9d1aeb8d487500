/** Tensors in memory that clients share with the server: Triton's system shared memory. */
@NullMarked
package dev.millrace.serving.api.sharedmemory;

import org.jspecify.annotations.NullMarked;
