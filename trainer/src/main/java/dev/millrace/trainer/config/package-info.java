/** Settings and wiring. Nobody else imports it but the application. */
@NullMarked
package dev.millrace.trainer.config;

import org.jspecify.annotations.NullMarked;
