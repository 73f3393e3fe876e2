# xsnr_embed(SYMBOL FILE): puts FILE into the library as bytes followed by a NUL.
# C sees `extern const char SYMBOL[]` and `extern const unsigned long SYMBOL_size` (the NUL not counted).
function(xsnr_embed symbol file)
  get_filename_component(path ${file} ABSOLUTE)
  set(asm ${CMAKE_CURRENT_BINARY_DIR}/embed_${symbol}.S)
  file(CONFIGURE OUTPUT ${asm} @ONLY CONTENT [[
    .section .rodata
    .globl @symbol@
    .hidden @symbol@
    .balign 16
@symbol@:
    .incbin "@path@"
.Lend@symbol@:
    .byte 0
    .globl @symbol@_size
    .hidden @symbol@_size
    .balign 8
@symbol@_size:
    .quad .Lend@symbol@ - @symbol@
    .section .note.GNU-stack,"",%progbits
]])
  # In the scope of the target, or the dependency is not seen from the rooms' folders.
  set_source_files_properties(${asm} TARGET_DIRECTORY xsnr_objects PROPERTIES OBJECT_DEPENDS ${path})
  target_sources(xsnr_objects PRIVATE ${asm})
endfunction()
