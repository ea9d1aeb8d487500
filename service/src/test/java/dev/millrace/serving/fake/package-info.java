/** An engine without native code, for the tests of what is built on it. */
@NullMarked
package dev.millrace.serving.fake;

import org.jspecify.annotations.NullMarked;
