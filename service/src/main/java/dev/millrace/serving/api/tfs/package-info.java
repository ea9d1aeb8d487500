/** TensorFlow Serving's REST interface and version 1 of KServe's, which share their paths. */
@NullMarked
package dev.millrace.serving.api.tfs;

import org.jspecify.annotations.NullMarked;
