/** Classifies a picture: decodes it, fits it to the model's input, names the classes. */
@NullMarked
package dev.millrace.serving.api.image;

import org.jspecify.annotations.NullMarked;
