/** The two files of `swagger-ui-dist`, imported as files: by path when run, from within when built into one executable. */
declare module 'swagger-ui-dist/swagger-ui.css' {
  const path: string
  export default path
}
declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const path: string
  export default path
}
