/** The description of all HTTP routes, for people and for tools that make clients. */
@NullMarked
package dev.millrace.serving.api.docs;

import org.jspecify.annotations.NullMarked;
