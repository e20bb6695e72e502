/* The practical limit of a CPU: the selective scan by hand, states in vector registers, rows and channels on all cores.
   A yardstick for benchmarks/scan.py, which compiles it; never part of the package.

   u, delta (bias and softplus applied), z and y are (batch, channels, length); A is (channels, 16); B and C are
   (batch, length, 16); D is (channels). */
#include <math.h>

enum { STATES = 16 };

void scan(int batch, int channels, int length, const float *u, const float *delta, const float *A, const float *B,
          const float *C, const float *D, const float *z, float *y) {
#pragma omp parallel for collapse(2)
  for (int row = 0; row < batch; row++)
    for (int channel = 0; channel < channels; channel++) {
      const long first = ((long)row * channels + channel) * length;
      const float *a = A + (long)channel * STATES;
      const float *b = B + (long)row * length * STATES, *c = C + (long)row * length * STATES;
      float h[STATES] = {0};
      for (int t = 0; t < length; t++, b += STATES, c += STATES) {
        const float dt = delta[first + t], drive = dt * u[first + t];
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int n = 0; n < STATES; n++) {
          h[n] = expf(dt * a[n]) * h[n] + drive * b[n];
          sum += h[n] * c[n];
        }
        y[first + t] = sum + D[channel] * u[first + t];
      }
#pragma omp simd
      for (int t = 0; t < length; t++) y[first + t] *= z[first + t] / (1.f + expf(-z[first + t]));
    }
}
