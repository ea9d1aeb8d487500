/**
 * What a team writes first: a Spring controller that calls one ONNX Runtime session per request.
 */
@NullMarked
package dev.millrace.loadtest.baseline;

import org.jspecify.annotations.NullMarked;
