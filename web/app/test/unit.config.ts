import { defineConfig } from 'vite';

// The pure parts, made into one file that Node's own test runner reads.
export default defineConfig({
  build: { ssr: 'test/unit.ts', outDir: 'build', emptyOutDir: true, target: 'node18', minify: false },
});
