/** A script bundled and minified by build.mjs, as text: `import source from 'inline:./worker.ts'`. */
declare module 'inline:*' {
  const source: string;
  export default source;
}
