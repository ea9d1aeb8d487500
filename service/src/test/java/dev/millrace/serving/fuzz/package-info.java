/** What fuzz tests share: corpus, mutations, and the server around a codec. */
@NullMarked
package dev.millrace.serving.fuzz;

import org.jspecify.annotations.NullMarked;
