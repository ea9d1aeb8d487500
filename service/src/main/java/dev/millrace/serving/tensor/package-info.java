/** Tensors: types, shapes and little-endian direct buffers. */
@NullMarked
package dev.millrace.serving.tensor;

import org.jspecify.annotations.NullMarked;
