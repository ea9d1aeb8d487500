/** ONNX files from trained layers, and the check that they answer as DJL does. */
@NullMarked
package dev.millrace.trainer.export;

import org.jspecify.annotations.NullMarked;
