package dev.millrace.serving.modelconfig;

import dev.millrace.serving.tensor.DataType;

/** The names that configurations have for element types. */
final class DataTypes {
  private DataTypes() {}

  static dev.millrace.protocol.oip.DataType configured(DataType type) {
    return type == DataType.BYTES
        ? dev.millrace.protocol.oip.DataType.TYPE_STRING
        : dev.millrace.protocol.oip.DataType.valueOf("TYPE_" + type.name());
  }

  /** The other way; only for those that a configuration may declare. */
  static DataType served(dev.millrace.protocol.oip.DataType type) {
    return type == dev.millrace.protocol.oip.DataType.TYPE_STRING
        ? DataType.BYTES
        : DataType.valueOf(type.name().substring("TYPE_".length()));
  }
}
