/** The service measured beside ONNX Runtime called directly. */
@NullMarked
package dev.millrace.loadtest.bench;

import org.jspecify.annotations.NullMarked;
