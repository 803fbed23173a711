# SPDX-License-Identifier: BSD-2-Clause
# Build rules shared by all components.
#
#   peri_library(NAME SOURCES ... [LIBS ...] [TRUSTED])
#   peri_program(NAME SOURCES ... [LIBS ...])            -> PERI_BIN_DIR/NAME
#   peri_test_program(NAME SOURCES ... [LIBS ...])       only with PERI_TESTS
#   peri_test(NAME SOURCES ... [LIBS ...] [ARGS ...] [LABELS ...] [TIMEOUT s])
#   peri_power_test(NAME SOURCES ... [LIBS ...])         a test over tests/power_files.h
#   peri_fuzz(NAME SOURCE f LIBS ... CORPUS dir [dir...])
#
# TRUSTED adds the conversion warnings; it is for lib, pluton, monitor, issuer.

option(PERI_SANITIZE "address and undefined-behaviour sanitizers" OFF)
option(PERI_FUZZ "link fuzz targets with libFuzzer (clang only)" OFF)
option(PERI_TESTS "build the tests and the programs that only they need" ON)
set(PERI_BIN_DIR ${CMAKE_BINARY_DIR}/bin CACHE PATH "where programs land")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(PERI_WARNINGS -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual
  -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wno-missing-field-initializers)
set(PERI_TRUSTED_WARNINGS -Wconversion -Wcast-align -Wswitch-enum)

add_library(peri_flags INTERFACE)
target_include_directories(peri_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(peri_flags INTERFACE ${PERI_WARNINGS} -fstack-protector-strong
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_compile_definitions(peri_flags INTERFACE _GNU_SOURCE)
target_link_options(peri_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
if(PERI_SANITIZE)
  target_compile_options(peri_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(peri_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(peri_flags INTERFACE PERI_SANITIZE=1)
else()
  target_compile_options(peri_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
if(PERI_FUZZ)
  target_compile_options(peri_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(peri_library name)
  cmake_parse_arguments(A "TRUSTED" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC peri_flags ${A_LIBS})
  if(A_TRUSTED)
    target_compile_options(${name} PRIVATE ${PERI_TRUSTED_WARNINGS})
  endif()
endfunction()

function(peri_program name)
  cmake_parse_arguments(A "TRUSTED" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE peri_flags ${A_LIBS})
  if(A_TRUSTED)
    target_compile_options(${name} PRIVATE ${PERI_TRUSTED_WARNINGS})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PERI_BIN_DIR})
endfunction()

# A program that only tests start; they find it in PERI_BIN like any other.
function(peri_test_program name)
  if(PERI_TESTS AND NOT PERI_FUZZ)
    peri_program(${name} ${ARGN})
  endif()
endfunction()

# Where machine/build has put the emulator, or will: the name is a digest of its
# sources, so a change of them is a reason to configure again.  $PERI_QEMU comes first.
if(PERI_TESTS)
  set(PERI_QEMU "$ENV{PERI_QEMU}")
  if(NOT PERI_QEMU)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/machine/build --print
      OUTPUT_VARIABLE PERI_QEMU OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  file(GLOB inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/machine/* ${CMAKE_SOURCE_DIR}/abi/*.h)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs})
endif()

# Tests run with the source folder as working directory, PERI_BIN and PERI_QEMU
# in the environment, so they open testdata by its path in the tree.
function(peri_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LIBS;ARGS;LABELS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  if(PERI_FUZZ OR NOT PERI_TESTS)
    return()
  endif()
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE peri_flags ${A_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} ${A_ARGS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "PERI_BIN=${PERI_BIN_DIR};PERI_QEMU=${PERI_QEMU};ASAN_OPTIONS=abort_on_error=1;UBSAN_OPTIONS=print_stacktrace=1")
  if(A_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}")
  endif()
endfunction()

# A test that is there already, with other arguments.
function(peri_test_again name test)
  cmake_parse_arguments(A "" "TIMEOUT" "ARGS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${test} ${A_ARGS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  get_test_property(${test} ENVIRONMENT environment)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT} ENVIRONMENT "${environment}")
endfunction()

function(peri_power_test name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  peri_test(${name} SOURCES ${A_SOURCES} ${CMAKE_SOURCE_DIR}/tests/power_files.c LIBS ${A_LIBS} TIMEOUT 300)
  if(TARGET ${name})
    foreach(call open openat write fsync rename renameat unlink unlinkat)
      target_link_options(${name} PRIVATE -Wl,--wrap=${call})
    endforeach()
  endif()
endfunction()

# The same fuzz source is a libFuzzer program under the fuzz preset and a
# replay of its corpus (every file, every prefix, every flipped bit of the
# small ones) in the ordinary test run.
function(peri_fuzz name)
  cmake_parse_arguments(A "" "SOURCE" "LIBS;CORPUS" ${ARGN})
  if(PERI_FUZZ)
    add_executable(${name} ${A_SOURCE})
    target_link_libraries(${name} PRIVATE peri_flags ${A_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PERI_BIN_DIR})
    list(JOIN A_CORPUS "\n" seeds) # tools/fuzz starts from these
    file(WRITE ${CMAKE_BINARY_DIR}/seeds/${name} "${seeds}\n")
  else()
    peri_test(${name} SOURCES ${A_SOURCE} ${CMAKE_SOURCE_DIR}/tests/fuzz_replay.c
      LIBS ${A_LIBS} ARGS ${A_CORPUS} LABELS fuzz)
  endif()
endfunction()
