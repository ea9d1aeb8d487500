package dev.millrace.protocol.packaging;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;

/**
 * Prints the numbers of a tensor as its datatype has them: 7 as INT64, 0.1 as FP32, not
 * 0.10000000149011612.
 */
final class TensorNumbers extends ValueSerializer<TensorValue> {
  static Object boxed(TensorValue tensor, int index) {
    double value = tensor.data()[index];
    if (Datatypes.isInteger(tensor.datatype())) {
      return (long) value;
    }
    return tensor.datatype().equals("FP64") ? (Object) value : (Object) (float) value;
  }

  @Override
  public void serialize(TensorValue tensor, JsonGenerator json, SerializationContext context) {
    json.writeStartObject();
    json.writeStringProperty("name", tensor.name());
    json.writeStringProperty("datatype", tensor.datatype());
    json.writeName("shape");
    json.writePOJO(tensor.shape());
    json.writeArrayPropertyStart("data");
    for (int i = 0; i < tensor.data().length; i++) {
      json.writePOJO(boxed(tensor, i));
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
