/** Accuracy of an ONNX model on held-out images, and the gate between challenger and champion. */
@NullMarked
package dev.millrace.trainer.evaluation;

import org.jspecify.annotations.NullMarked;
