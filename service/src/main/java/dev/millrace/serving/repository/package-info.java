/** Where versions come from: a directory or a model store; the artifact cache. */
@NullMarked
package dev.millrace.serving.repository;

import org.jspecify.annotations.NullMarked;
