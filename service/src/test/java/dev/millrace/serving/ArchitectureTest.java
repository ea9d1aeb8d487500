package dev.millrace.serving;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.scheduling.SequenceTag;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The arrows between the packages of the service. */
class ArchitectureTest {
  private static final String BASE = "dev.millrace.serving.";

  /** A package imports only packages named before it. */
  private static final List<String> ORDER =
      List.of(
          "time",
          "failure",
          "telemetry",
          "tensor",
          "device",
          "runtime",
          "runtime.onnx",
          "scheduling",
          "modelconfig",
          "lifecycle",
          "repository",
          "inference",
          "api.sharedmemory",
          "api.edge",
          "api.edge.grpc",
          "api.json",
          "api.oip.rest",
          "api.oip.grpc",
          "api.tfserving.grpc",
          "api.tfs",
          "api.mlflow",
          "api.image",
          "api.console",
          "api.docs",
          "api.management",
          "config");

  private static final String[] ENGINE = packages(ORDER.subList(0, ORDER.indexOf("api.edge")));
  private static final List<String> PROTOCOLS =
      ORDER.subList(ORDER.indexOf("api.json") + 1, ORDER.indexOf("config"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(ServingApplication.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void hasNoOtherPackages() {
    assertThat(CLASSES)
        .extracting(JavaClass::getPackageName)
        .allMatch(name -> name.equals("dev.millrace.serving") || ORDER.contains(below(name)));
  }

  @Test
  void importsOnlyWhatStandsBefore() {
    for (int i = 0; i < ORDER.size(); i++) {
      noClasses()
          .that()
          .resideInAPackage(BASE + ORDER.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(packages(ORDER.subList(i + 1, ORDER.size())))
          .allowEmptyShould(true)
          .check(CLASSES);
    }
  }

  @Test
  void hasNoCycles() {
    slices().matching("dev.millrace.serving.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void keepsFrameworksOutOfTheEngine() {
    noClasses()
        .that()
        .resideInAnyPackage(ENGINE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.springframework..",
            "jakarta..",
            "tools.jackson..",
            "io.grpc..",
            "io.netty..",
            "reactor..")
        .check(CLASSES);
  }

  @Test
  void keepsOnnxRuntimeInItsAdapter() {
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE + "runtime.onnx")
        .should()
        .dependOnClassesThat(resideInAnyPackage("ai.onnxruntime..", BASE + "runtime.onnx"))
        .check(CLASSES);
  }

  @Test
  void importsConfigNowhere() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(ServingApplication.class.getName())
        .and()
        .resideOutsideOfPackage(BASE + "config")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(BASE + "config")
        .check(CLASSES);
  }

  @Test
  void keepsProtocolsApart() {
    for (var protocol : PROTOCOLS) {
      var others = PROTOCOLS.stream().filter(other -> !other.equals(protocol)).toList();
      noClasses()
          .that()
          .resideInAPackage(BASE + protocol)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(packages(others))
          .allowEmptyShould(true)
          .check(CLASSES);
    }
  }

  /** Timings, sequences and the use of caches are what clients see of the scheduler. */
  @Test
  void keepsRuntimeAndSchedulingAwayFromProtocols() {
    DescribedPredicate<JavaClass> seen =
        JavaClass.Predicates.equivalentTo(BatchTimings.class)
            .or(JavaClass.Predicates.belongTo(JavaClass.Predicates.equivalentTo(CacheUse.class)))
            .or(
                JavaClass.Predicates.belongTo(
                    JavaClass.Predicates.equivalentTo(SequenceTag.class)));
    noClasses()
        .that()
        .resideInAPackage(BASE + "api..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(BASE + "runtime..", BASE + "scheduling")
                .and(DescribedPredicate.not(seen)))
        .check(CLASSES);
  }

  @Test
  void makesNothingPublicThatNobodyElseUses() {
    classes()
        .that()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .and()
        .areNotAssignableTo(ModelRuntime.class)
        .and()
        .doNotHaveFullyQualifiedName(ServingApplication.class.getName())
        .should(new UsedByAnotherPackage())
        .check(CLASSES);
  }

  @Test
  void saysOfEveryPackageWhatMayBeNull() {
    for (var name : ORDER) {
      assertThat(annotations(name)).as(name).contains(NullMarked.class.getName());
    }
  }

  private static List<String> annotations(String name) {
    return CLASSES.getPackage(BASE + name).getPackageInfo().getAnnotations().stream()
        .map(annotation -> annotation.getRawType().getName())
        .toList();
  }

  private static String below(String packageName) {
    return packageName.substring(BASE.length());
  }

  private static String[] packages(List<String> names) {
    return names.stream().map(name -> BASE + name).toArray(String[]::new);
  }

  private static final class UsedByAnotherPackage extends ArchCondition<JavaClass> {
    UsedByAnotherPackage() {
      super("be used by another package");
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
      boolean used =
          type.getDirectDependenciesToSelf().stream()
              .anyMatch(
                  dependency ->
                      !dependency.getOriginClass().getPackageName().equals(type.getPackageName()));
      events.add(
          new SimpleConditionEvent(
              type, used, type.getName() + (used ? " is used" : " is public for nobody")));
    }
  }
}
