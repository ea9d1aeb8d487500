/** Labelled images: IDX files, the bundled digits, augmentation. */
@NullMarked
package dev.millrace.trainer.dataset;

import org.jspecify.annotations.NullMarked;
