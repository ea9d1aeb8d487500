package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import java.util.Locale;
import java.util.regex.Pattern;

/** What may be the name of a model, an alias or a tag in the registry. */
final class RegistryNames {
  private static final int MAX_NAME = 256;
  private static final int MAX_ALIAS = 255;
  private static final int MAX_TAG_VALUE = 100_000;
  private static final Pattern ALIAS = Pattern.compile("[\\w-]+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern VERSION_ALIAS = Pattern.compile("[vV]\\d+");

  private RegistryNames() {}

  static void requireModelName(String name) {
    if (name.contains("/") || name.contains(":")) {
      throw StoreException.invalid(
          "Invalid model name '%s'. Names cannot contain '/' or ':'.".formatted(name));
    }
    Keys.requireLength("Registered model name", name, MAX_NAME);
  }

  static void requireAlias(String alias) {
    Keys.requireLength("Registered model alias name", alias, MAX_ALIAS);
    if (!ALIAS.matcher(alias).matches()) {
      throw StoreException.invalid(
          "Invalid alias name: '%s'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
              .formatted(alias));
    }
    if (alias.toLowerCase(Locale.ROOT).equals("latest")) {
      throw StoreException.invalid("'latest' alias name (case insensitive) is reserved.");
    }
    if (VERSION_ALIAS.matcher(alias).matches()) {
      throw StoreException.invalid("Version alias name '%s' is reserved.".formatted(alias));
    }
  }

  static void requireTag(Tag tag) {
    Keys.require("key", "Tag key", tag.key());
    Keys.requireLength("Tag value", tag.value(), MAX_TAG_VALUE);
  }
}
