/** Networks as a list of layers that DJL trains and the exporter reads. */
@NullMarked
package dev.millrace.trainer.architecture;

import org.jspecify.annotations.NullMarked;
