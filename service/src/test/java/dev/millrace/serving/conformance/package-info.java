/** Which tests prove which part of which protocol, as the docs tell it. */
@NullMarked
package dev.millrace.serving.conformance;

import org.jspecify.annotations.NullMarked;
