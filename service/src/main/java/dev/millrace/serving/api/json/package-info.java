/**
 * What the dialects share that carry tensors as JSON lists of any nesting: reading by the model's
 * signature, printing, and the way of a request through the engine.
 */
@NullMarked
package dev.millrace.serving.api.json;

import org.jspecify.annotations.NullMarked;
