/** The Open Inference Protocol v2 over HTTP: JSON and binary tensors. */
@NullMarked
package dev.millrace.serving.api.oip.rest;

import org.jspecify.annotations.NullMarked;
