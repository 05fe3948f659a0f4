import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// Apart from the build's: its plugin wants a target. The tests live in tests/web/client_frontend, from where no
// node_modules is in sight.
export default defineConfig({
  cacheDir: here('./node_modules/.vite'),
  resolve: {
    alias: {
      '@': here('./src'),
      vue: here('./node_modules/vue'),
      vitest: here('./node_modules/vitest'),
    },
  },
  server: { fs: { allow: [here('../../..')] } },
  test: {
    root: here('../../..'),
    include: ['tests/web/client_frontend/**/*.test.ts'],
    setupFiles: ['tests/web/client_frontend/setup.ts'],
  },
})
