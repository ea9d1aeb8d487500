package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;

import dev.millrace.protocol.oip.LogSettingsRequest;
import dev.millrace.protocol.oip.LogSettingsResponse;
import dev.millrace.protocol.oip.TraceSettingRequest;
import dev.millrace.protocol.oip.TraceSettingResponse;
import dev.millrace.serving.api.edge.ChangeableSettings;
import java.util.HashMap;
import java.util.List;

/** Messages of the logging and trace extensions. */
final class SettingsMessages {
  private SettingsMessages() {}

  static TraceSettingResponse answer(TraceSettingRequest message, ChangeableSettings settings) {
    var changes = new HashMap<String, List<String>>();
    message.getSettingsMap().forEach((name, value) -> changes.put(name, value.getValueList()));
    var response = TraceSettingResponse.newBuilder();
    settings
        .traces()
        .change(message.getModelName(), changes)
        .forEach((name, values) -> response.putSettings(name, traceValue(values)));
    return response.build();
  }

  private static TraceSettingResponse.SettingValue traceValue(List<String> values) {
    return TraceSettingResponse.SettingValue.newBuilder().addAllValue(values).build();
  }

  static LogSettingsResponse answer(LogSettingsRequest message, ChangeableSettings settings) {
    var changes = new HashMap<String, Object>();
    message.getSettingsMap().forEach((name, value) -> changes.put(name, logValue(name, value)));
    var response = LogSettingsResponse.newBuilder();
    settings
        .logs()
        .change(changes)
        .forEach((name, value) -> response.putSettings(name, logValue(value)));
    return response.build();
  }

  private static Object logValue(String name, LogSettingsRequest.SettingValue value) {
    return switch (value.getParameterChoiceCase()) {
      case BOOL_PARAM -> value.getBoolParam();
      case UINT32_PARAM -> Integer.toUnsignedLong(value.getUint32Param());
      case STRING_PARAM -> value.getStringParam();
      case PARAMETERCHOICE_NOT_SET -> throw invalid("'%s' has no value".formatted(name));
    };
  }

  private static LogSettingsResponse.SettingValue logValue(Object value) {
    var message = LogSettingsResponse.SettingValue.newBuilder();
    return switch (value) {
      case Boolean flag -> message.setBoolParam(flag).build();
      case Number number -> message.setUint32Param(number.intValue()).build();
      default -> message.setStringParam(value.toString()).build();
    };
  }
}
