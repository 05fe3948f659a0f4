import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import elementPlus from 'unplugin-element-plus/vite'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// vitest's reporter groups failures with it; Node 20 does not have it yet, and would hide what failed behind a crash.
Map.groupBy ??= function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

// The entries keep their names, so that Django's templates can name them with {% static %}; everything else is hashed.
export default defineConfig({
  base: './',
  // unplugin-element-plus adds the style of each imported component: the whole sheet would be 48 KB gzip.
  plugins: [vue(), elementPlus({})],
  resolve: {
    alias: {
      '@': here('./src'),
      // The tests live in tests/web/board_frontend, from where no node_modules is in sight.
      'fast-check': here('./node_modules/fast-check'),
      vitest: here('./node_modules/vitest'),
    },
  },
  build: {
    outDir: here('../static/board/dist'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 4096,
    rollupOptions: {
      input: { board: here('./src/main.ts'), login: here('./src/login.ts') },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        assetFileNames: ({ names }) =>
          names.some((name) => /^(board|login)\.css$/.test(name)) ? '[name][extname]' : 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: { fs: { allow: [here('../../..')] } },
  test: {
    root: here('../../..'),
    include: ['tests/web/board_frontend/**/*.test.ts'],
    alias: { vue: here('./node_modules/vue') },
  },
})
