package dev.millrace.serving.repository;

import java.util.regex.Pattern;

/** The one allow-list for names that become part of a path or of an URL. */
final class ModelName {
  private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private ModelName() {}

  static boolean allowed(String name) {
    return ALLOWED.matcher(name).matches();
  }

  /** The rule for people. */
  static String rule() {
    return "A model name is 1 to 128 letters, digits, '.', '_' and '-', and starts with a letter or digit.";
  }
}
