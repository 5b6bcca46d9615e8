/** The part of WebAssembly that code here uses; the language's own types leave it to the browser's. */
declare namespace WebAssembly {
  class Module {
    private constructor()
  }
  class Instance {
    constructor(module: Module, imports: Imports)
    readonly exports: Readonly<Record<string, unknown>>
  }
  type Imports = Record<string, Record<string, unknown>>
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>
}
