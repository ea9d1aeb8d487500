/*
 * Stands in for libnvidia-ml.so.1: two GPUs, the second one cut into two MIG instances, in slots 0
 * and 2. A text file says what is wrong with them, so that a test can change it while the library
 * is loaded; its path is given to stub_state_file. Each line is a word and a number:
 *   lost INDEX    used MIB    errors COUNT    initfails CODE    chiperrors COUNT    cacheerrors COUNT
 * Errors are those of the GPU that is whole; chiperrors have been counted in the life of the cut
 * GPU, cacheerrors in the last MIG instance. As nvml.h says, a cut GPU tells only the former, and a
 * MIG instance only the latter, by location.
 * Names, signatures and codes are those of NVIDIA's public nvml.h.
 */
#include <stdio.h>
#include <string.h>

typedef struct device {
  const char *uuid;
  const char *name;
  int index;
  unsigned long long mebibytes;
} device;

static device devices[] = {
    {"GPU-11111111-aaaa", "NVIDIA Stub 80GB", 0, 81920},
    {"GPU-22222222-bbbb", "NVIDIA Stub 80GB", 1, 81920},
    {"MIG-33333333-cccc", "NVIDIA Stub 80GB MIG 1g.10gb", 1, 9728},
    {"MIG-44444444-dddd", "NVIDIA Stub 80GB MIG 2g.20gb", 1, 19968},
};
static char state_file[4096];

static long state(const char *word, long otherwise) {
  FILE *file = fopen(state_file, "r");
  char found[64];
  long number, value = otherwise;
  if (file == NULL) return otherwise;
  while (fscanf(file, "%63s %ld", found, &number) == 2)
    if (strcmp(found, word) == 0) value = number;
  fclose(file);
  return value;
}

static int check(device *d) { return state("lost", -1) == d->index ? 15 : 0; }

void stub_state_file(const char *path) { snprintf(state_file, sizeof state_file, "%s", path); }

int nvmlInit_v2(void) { return (int)state("initfails", 0); }

int nvmlDeviceGetCount_v2(unsigned *count) {
  *count = 2;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, device **handle) {
  if (index > 1) return 2;
  *handle = &devices[index];
  return 0;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, device **handle) {
  for (int i = 0; i < 4; i++)
    if (strcmp(devices[i].uuid, uuid) == 0) {
      *handle = &devices[i];
      return check(&devices[i]);
    }
  return 6;
}

int nvmlDeviceGetUUID(device *d, char *text, unsigned length) {
  snprintf(text, length, "%s", d->uuid);
  return 0;
}

int nvmlDeviceGetName(device *d, char *text, unsigned length) {
  snprintf(text, length, "%s", d->name);
  return 0;
}

int nvmlDeviceGetMemoryInfo(device *d, unsigned long long memory[3]) {
  unsigned long long used = (unsigned long long)state("used", 1024);
  memory[0] = d->mebibytes << 20;
  memory[1] = (d->mebibytes - used) << 20;
  memory[2] = used << 20;
  return check(d);
}

int nvmlDeviceGetUtilizationRates(device *d, unsigned rates[2]) {
  if (d > &devices[1]) return 3;
  rates[0] = 37;
  rates[1] = 12;
  return check(d);
}

int nvmlDeviceGetPowerUsage(device *d, unsigned *milliwatts) {
  *milliwatts = 123456;
  return check(d);
}

int nvmlDeviceGetEnforcedPowerLimit(device *d, unsigned *milliwatts) {
  *milliwatts = 700000;
  return check(d);
}

int nvmlDeviceGetTotalEccErrors(device *d, int type, int counter, unsigned long long *count) {
  if (type != 1) return 2;
  if (d > &devices[1] || (d == &devices[1] && counter == 0)) return check(d) ? check(d) : 3;
  *count = (unsigned long long)(d == &devices[1] ? state("chiperrors", 5) : state("errors", 0));
  return check(d);
}

int nvmlDeviceGetMemoryErrorCounter(device *d, int type, int counter, int location,
                                    unsigned long long *count) {
  if (type != 1) return 2;
  if (d <= &devices[1] || counter != 0 || location != 7) return check(d) ? check(d) : 3;
  *count = (unsigned long long)(d == &devices[3] ? state("cacheerrors", 0) : 0);
  return check(d);
}

int nvmlDeviceGetMigMode(device *d, unsigned *current, unsigned *pending) {
  *current = *pending = d == &devices[1];
  return 0;
}

int nvmlDeviceGetMaxMigDeviceCount(device *d, unsigned *count) {
  *count = d == &devices[1] ? 7 : 0;
  return 0;
}

int nvmlDeviceGetMigDeviceHandleByIndex(device *d, unsigned index, device **handle) {
  if (d != &devices[1] || (index != 0 && index != 2)) return 6;
  *handle = &devices[index == 0 ? 2 : 3];
  return 0;
}
/* nvmlDeviceGetTotalEnergyConsumption is missing, as in old drivers. */
