/** Runs ONNX models with ONNX Runtime. */
@NullMarked
package dev.millrace.serving.runtime.onnx;

import org.jspecify.annotations.NullMarked;
