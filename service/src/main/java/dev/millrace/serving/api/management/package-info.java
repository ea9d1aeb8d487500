/** The management port: who may read it. Its routes are Spring Boot's actuator. */
@NullMarked
package dev.millrace.serving.api.management;

import org.jspecify.annotations.NullMarked;
