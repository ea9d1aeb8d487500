package dev.millrace.trainer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArrowsTest {
  private static final String ROOT = "dev.millrace.trainer.";
  private static final String[] STAGES = {
    ROOT + "dataset..",
    ROOT + "architecture..",
    ROOT + "training..",
    ROOT + "export..",
    ROOT + "evaluation..",
    ROOT + "tracking.."
  };

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.millrace.trainer");

  @Test
  void hasNoPackageCycles() {
    slices().matching("dev.millrace.trainer.(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void keepsDjlInArchitectureAndTraining() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "architecture..", ROOT + "training..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl..")
        .check(classes);
  }

  @Test
  void keepsOnnxRuntimeInExportAndEvaluation() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "export..", ROOT + "evaluation..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.onnxruntime..")
        .check(classes);
  }

  @Test
  void letsTheStagesKnowNeitherRetrainingNorWhoStartsIt() {
    noClasses()
        .that()
        .resideInAnyPackage(STAGES)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ROOT + "retraining..", ROOT + "api..", ROOT + "command..", ROOT + "config..")
        .check(classes);
  }

  @Test
  void keepsSpringOutOfTheStagesAndOfRetraining() {
    noClasses()
        .that()
        .resideInAnyPackage(STAGES)
        .or()
        .resideInAPackage(ROOT + "retraining..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "jakarta..")
        .check(classes);
  }

  @Test
  void letsNobodyImportTheConfigurationButTheApplication() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "*..")
        .and()
        .resideOutsideOfPackage(ROOT + "config..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + "config..")
        .check(classes);
  }

  @Test
  void importsNothingOfTheOtherProcesses() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.millrace.serving..", "dev.millrace.store..", "dev.millrace.loadtest..")
        .check(classes);
  }
}
