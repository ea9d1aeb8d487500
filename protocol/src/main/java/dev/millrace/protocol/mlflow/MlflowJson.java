package dev.millrace.protocol.mlflow;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MutableConfigOverride;
import tools.jackson.databind.json.JsonMapper;

/**
 * How MLflow writes JSON: snake case, int64 as numbers, doubles that JSON cannot carry as strings,
 * unset fields and empty lists left out.
 */
public final class MlflowJson {
  private static final JsonMapper MAPPER = build();

  private MlflowJson() {}

  /** The mapper that every record of this package is written for; immutable and shared. */
  public static JsonMapper mapper() {
    return MAPPER;
  }

  private static JsonMapper build() {
    return JsonMapper.builder()
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .changeDefaultPropertyInclusion(
            inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
        .withConfigOverride(List.class, MlflowJson::treatAbsentAsEmpty)
        .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
        .build();
  }

  private static void treatAbsentAsEmpty(MutableConfigOverride lists) {
    lists
        .setInclude(
            JsonInclude.Value.construct(JsonInclude.Include.NON_EMPTY, JsonInclude.Include.ALWAYS))
        .setNullHandling(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY));
  }
}
