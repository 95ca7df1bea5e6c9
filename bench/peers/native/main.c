// The workloads as straightforward loops: gcc -O3 -march=native -ffast-math -fopenmp. `native` lists them; `native WORKLOAD
// FOLDER` reads FOLDER/manifest and the inputs FOLDER/in0, in1, ..., and then answers lines: 'ready'; 'run' with its
// milliseconds; 'save' after writing FOLDER/out0, out1, ...
#include "native.h"

Array in[8], out[8];

static struct { char name[32]; double value; } numbers[16];
static int ins, outs, numberCount;

double number(const char *name) {
  for (int k = 0; k < numberCount; k++)
    if (!strcmp(numbers[k].name, name)) return numbers[k].value;
  fprintf(stderr, "there is no number %s\n", name);
  exit(4);
}

static void *allocate(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);
  if (!p) exit(5);
  memset(p, 0, bytes);
  return p;
}

void *scratch(int k, size_t bytes) {
  static void *made[8];
  static size_t sizes[8];
  if (sizes[k] < bytes) free(made[k]), made[k] = allocate(bytes), sizes[k] = bytes;
  return made[k];
}

static const struct { const char *name; size_t bytes; } dtypes[] = {{"float32", 4}, {"float64", 8}, {"int32", 4}, {"uint8", 1}};

static size_t bytesOf[16]; // inputs, then outputs

static Array parsed(const char *dtype, const char *shape, size_t *bytes) {
  Array a = {.count = 1};
  for (int k = 0, n = 0; k < 4 && sscanf(shape, "%ld%n", &a.shape[k], &n) == 1; k++, shape += n) a.count *= a.shape[k];
  for (size_t k = 0; k < sizeof dtypes / sizeof *dtypes; k++)
    if (!strcmp(dtype, dtypes[k].name)) *bytes = a.count * dtypes[k].bytes;
  a.data = allocate(*bytes);
  return a;
}

static FILE *opened(const char *folder, const char *name, int k, const char *mode) {
  char path[4096];
  if (k < 0) snprintf(path, sizeof path, "%s/%s", folder, name);
  else snprintf(path, sizeof path, "%s/%s%d", folder, name, k);
  FILE *file = fopen(path, mode);
  if (!file) perror(path), exit(3);
  return file;
}

static void readManifest(const char *folder) {
  FILE *manifest = opened(folder, "manifest", -1, "r");
  char line[256], word[32];
  while (fgets(line, sizeof line, manifest)) {
    int n = 0;
    if (sscanf(line, "in %31s%n", word, &n) == 1) {
      in[ins] = parsed(word, line + n, &bytesOf[ins]);
      FILE *file = opened(folder, "in", ins, "rb");
      if (fread(in[ins].data, 1, bytesOf[ins], file) != bytesOf[ins]) exit(3);
      fclose(file);
      ins++;
    } else if (sscanf(line, "out %31s%n", word, &n) == 1) {
      out[outs] = parsed(word, line + n, &bytesOf[8 + outs]);
      outs++;
    } else if (sscanf(line, "number %31s%n", numbers[numberCount].name, &n) == 1) {
      numbers[numberCount++].value = atof(line + n);
    }
  }
  fclose(manifest);
}

int main(int argc, char **argv) {
  const Workload *tables[] = {mapWorkloads, rowWorkloads, stencilWorkloads, stepWorkloads, learningWorkloads, orderWorkloads};
  void (*run)(void) = NULL;
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (const Workload *w = tables[t]; w->name; w++) {
      if (argc < 3) puts(w->name);
      else if (!strcmp(argv[1], w->name)) run = w->run;
    }
  if (argc < 3) return 0;
  if (!run) return 2;
  readManifest(argv[2]);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "run\n")) {
      double start = omp_get_wtime();
      run();
      printf("%.6f\n", 1e3 * (omp_get_wtime() - start));
    } else if (!strcmp(line, "save\n")) {
      for (int k = 0; k < outs; k++) {
        FILE *file = opened(argv[2], "out", k, "wb");
        fwrite(out[k].data, 1, bytesOf[8 + k], file);
        fclose(file);
      }
      puts("saved");
    } else {
      puts("ready");
    }
    fflush(stdout);
  }
  return 0;
}
