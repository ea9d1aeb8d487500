/**
 * The packaged-model format: an MLflow model folder with a manifest, digests and golden examples.
 */
@NullMarked
package dev.millrace.protocol.packaging;

import org.jspecify.annotations.NullMarked;
