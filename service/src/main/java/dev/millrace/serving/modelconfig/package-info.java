/** What Triton's configuration of a model says: read, checked, completed, and laid over a model. */
@NullMarked
package dev.millrace.serving.modelconfig;

import org.jspecify.annotations.NullMarked;
