@NullMarked
package dev.millrace.protocol.packaging;

import org.jspecify.annotations.NullMarked;
