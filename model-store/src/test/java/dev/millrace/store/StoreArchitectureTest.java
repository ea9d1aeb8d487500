package dev.millrace.store;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StoreArchitectureTest {
  private static final String BASE = "dev.millrace.store.";
  private static JavaClasses store;

  @BeforeAll
  static void read() {
    store =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.millrace.store");
  }

  @Test
  void featuresKnowOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("webhook")
        .definedBy(BASE + "webhook..")
        .layer("browse")
        .definedBy(BASE + "browse..")
        .layer("removal")
        .definedBy(BASE + "removal..")
        .layer("registry")
        .definedBy(BASE + "registry..")
        .layer("loggedmodel")
        .definedBy(BASE + "loggedmodel..")
        .layer("run")
        .definedBy(BASE + "run..")
        .layer("experiment")
        .definedBy(BASE + "experiment..")
        .layer("artifact")
        .definedBy(BASE + "artifact..")
        .whereLayer("webhook")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("browse")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("removal")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("registry")
        .mayOnlyBeAccessedByLayers("webhook", "browse")
        .whereLayer("loggedmodel")
        .mayOnlyBeAccessedByLayers("registry", "browse")
        .whereLayer("run")
        .mayOnlyBeAccessedByLayers("loggedmodel", "registry", "browse")
        .whereLayer("experiment")
        .mayOnlyBeAccessedByLayers("run", "loggedmodel", "registry", "browse")
        .whereLayer("artifact")
        .mayOnlyBeAccessedByLayers("browse", "removal")
        .whereLayer("artifact")
        .mayNotAccessAnyLayer()
        .check(store);
  }

  @Test
  void sqlIsWrittenOnlyInJdbcClassesAndTheDatabase() {
    noClasses()
        .that(not(resideInAPackage(BASE + "database..").or(simpleNameStartingWith("Jdbc"))))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.sql..", "javax.sql..", "org.springframework.jdbc..", "org.flywaydb..")
        .check(store);
  }

  @Test
  void whatFeaturesShareKnowsNoFeature() {
    noClasses()
        .that()
        .resideInAnyPackage(
            BASE + "failure..",
            BASE + "naming..",
            BASE + "search..",
            BASE + "database..",
            BASE + "edge..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            BASE + "experiment..",
            BASE + "run..",
            BASE + "loggedmodel..",
            BASE + "registry..",
            BASE + "artifact..",
            BASE + "browse..",
            BASE + "removal..",
            BASE + "webhook..")
        .check(store);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.millrace.store.(*)..").should().beFreeOfCycles().check(store);
  }

  @Test
  void controllersStayInTheirPackage() {
    classes().that().haveSimpleNameEndingWith("Controller").should().notBePublic().check(store);
  }
}
