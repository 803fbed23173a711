# SPDX-License-Identifier: BSD-2-Clause
# Programs that run under Linux on the MCU (os/mcu/cc: Arm, musl), built beside the host's
# from the same sources, with libraries that os/mcu/build takes from Debian's source packages.
#
#   peri_device_library(NAME SOURCES ... [LIBS ...] [TRUSTED])
#       a static library; LIBS are other device libraries, static or shared
#   peri_device_program(NAME SOURCES ... [LIBS ...] [FLAGS ...] [TRUSTED])
#       -> PERI_DEVICE_DIR/bin/NAME, stripped, and NAME.debug beside it
#   peri_device_shared(NAME SONAME file SOURCES ... [LIBS ...] [FLAGS ...] [EXPORTS version-script])
#       -> PERI_DEVICE_DIR/lib/SONAME, position independent
# LIBS may also name -lwolfssl and -lhttp_parser.  A difference between the targets is a
# second file in SOURCES, never an #if in a function.
#
# Target `device` builds them all; it is part of `all` where tests are built.

set(PERI_DEVICE_DIR ${PERI_FIRMWARE_DIR}/device)
set(PERI_DEVICE_CC ${CMAKE_SOURCE_DIR}/os/mcu/cc)
set(PERI_DEVICE_LIBRARIES ${PERI_DEVICE_DIR}/libraries)
find_program(PERI_ARM_AR arm-linux-gnueabihf-ar)
find_program(PERI_ARM_STRIP arm-linux-gnueabihf-strip)
find_file(PERI_MUSL_SPECS musl-gcc.specs PATHS /usr/lib/arm-linux-musleabihf NO_DEFAULT_PATH)
set(PERI_DEVICE OFF)
if(PERI_ARM_CC AND PERI_MUSL_SPECS AND NOT PERI_FUZZ)
  set(PERI_DEVICE ON)
endif()

set(PERI_DEVICE_FLAGS -std=c17 -g ${PERI_WARNINGS} -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
  -I${CMAKE_SOURCE_DIR} -isystem ${PERI_DEVICE_LIBRARIES}/include)

if(PERI_DEVICE)
  if(PERI_TESTS)
    add_custom_target(device ALL)
  else()
    add_custom_target(device)
  endif()
  # A copy: the cache may be emptied while this build goes on.
  set(PERI_DEVICE_STAMP ${PERI_DEVICE_DIR}/libraries.stamp)
  file(GLOB inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/os/mcu/wolfssl/*)
  add_custom_command(OUTPUT ${PERI_DEVICE_STAMP}
    COMMAND ${CMAKE_SOURCE_DIR}/os/mcu/build --copy ${PERI_DEVICE_LIBRARIES}
    COMMAND ${CMAKE_COMMAND} -E touch ${PERI_DEVICE_STAMP}
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/os/mcu/build ${PERI_DEVICE_CC} ${CMAKE_SOURCE_DIR}/tools/build_cache.sh
    VERBATIM COMMENT "device: libraries")
  add_custom_target(device_libraries DEPENDS ${PERI_DEVICE_STAMP})
endif()

# Compiles SOURCES; the objects in the variable named by out.
function(peri_device_objects name out)
  cmake_parse_arguments(A "" "" "SOURCES;FLAGS" ${ARGN})
  set(objects)
  foreach(source ${A_SOURCES})
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    file(RELATIVE_PATH label ${CMAKE_SOURCE_DIR} ${path})
    string(REGEX REPLACE "[/.]" "_" stem ${label})
    set(object ${PERI_DEVICE_DIR}/${name}.dir/${stem}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PERI_DEVICE_DIR}/${name}.dir
      COMMAND ${PERI_DEVICE_CC} ${PERI_DEVICE_FLAGS} ${A_FLAGS} -MD -MF ${object}.d -c ${path} -o ${object}
      DEPENDS ${path} ${PERI_DEVICE_STAMP} DEPFILE ${object}.d VERBATIM COMMENT "device ${name}: ${label}")
    list(APPEND objects ${object})
  endforeach()
  set(${out} ${objects} PARENT_SCOPE)
endfunction()

# What LIBS stand for on the linker's line, and the files to wait for: libraries of ours
# with all that they need, each once, behind what needs it.
function(peri_device_link_line out_line out_files)
  set(line)
  set(files)
  foreach(lib ${ARGN})
    get_property(archive GLOBAL PROPERTY PERI_DEVICE_ARCHIVE_${lib})
    get_property(needs GLOBAL PROPERTY PERI_DEVICE_NEEDS_${lib})
    if(lib MATCHES "^-l")
      list(APPEND line ${lib})
    elseif(archive)
      list(APPEND line ${archive} ${needs})
      list(APPEND files ${archive} ${needs})
    else()
      message(FATAL_ERROR "device: \"${lib}\" is no device library")
    endif()
  endforeach()
  list(FILTER files EXCLUDE REGEX "^-l")
  list(REVERSE line) # the last mention of each stays
  list(REMOVE_DUPLICATES line)
  list(REVERSE line)
  set(${out_line} ${line} PARENT_SCOPE)
  set(${out_files} ${files} PARENT_SCOPE)
endfunction()

function(peri_device_library name)
  if(NOT PERI_DEVICE)
    return()
  endif()
  cmake_parse_arguments(A "TRUSTED" "" "SOURCES;LIBS" ${ARGN})
  set(flags)
  if(A_TRUSTED)
    set(flags ${PERI_TRUSTED_WARNINGS})
  endif()
  # position independent in a shared library as well as in a program
  peri_device_objects(${name} objects SOURCES ${A_SOURCES} FLAGS ${flags} -fPIC)
  peri_device_link_line(line files ${A_LIBS})
  set(archive ${PERI_DEVICE_DIR}/lib${name}.a)
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${PERI_ARM_AR} rcsD ${archive} ${objects}
    DEPENDS ${objects} VERBATIM COMMENT "device ${name}: archive")
  set_property(GLOBAL PROPERTY PERI_DEVICE_ARCHIVE_${name} ${archive})
  set_property(GLOBAL PROPERTY PERI_DEVICE_NEEDS_${name} ${line})
  add_custom_target(device_lib_${name} DEPENDS ${archive})
  add_dependencies(device_lib_${name} device_libraries)
  add_dependencies(device device_lib_${name})
endfunction()

# Links objects into FILE, with its debug information in FILE.debug.
function(peri_device_link name file)
  cmake_parse_arguments(A "" "" "OBJECTS;LIBS;FLAGS;DEPENDS" ${ARGN})
  peri_device_link_line(line files ${A_LIBS})
  get_filename_component(folder ${file} DIRECTORY)
  add_custom_command(OUTPUT ${file} ${file}.debug
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${PERI_DEVICE_CC} ${A_FLAGS} -L${PERI_DEVICE_LIBRARIES}/lib -Wl,-z,defs -Wl,--fatal-warnings
      -o ${file}.debug ${A_OBJECTS} ${line}
    COMMAND ${PERI_ARM_STRIP} -o ${file} ${file}.debug
    DEPENDS ${A_OBJECTS} ${files} ${A_DEPENDS} ${PERI_DEVICE_STAMP} VERBATIM COMMENT "device ${name}: linking")
  add_custom_target(device_${name} DEPENDS ${file})
  add_dependencies(device_${name} device_libraries)
  foreach(lib ${A_LIBS})
    if(TARGET device_lib_${lib})
      add_dependencies(device_${name} device_lib_${lib})
    endif()
  endforeach()
  add_dependencies(device device_${name})
endfunction()

function(peri_device_program name)
  if(NOT PERI_DEVICE)
    return()
  endif()
  cmake_parse_arguments(A "TRUSTED" "" "SOURCES;LIBS;FLAGS" ${ARGN})
  set(flags ${A_FLAGS})
  if(A_TRUSTED)
    list(APPEND flags ${PERI_TRUSTED_WARNINGS})
  endif()
  peri_device_objects(${name} objects SOURCES ${A_SOURCES} FLAGS ${flags})
  peri_device_link(${name} ${PERI_DEVICE_DIR}/bin/${name} OBJECTS ${objects} LIBS ${A_LIBS} FLAGS -pie)
endfunction()

function(peri_device_shared name)
  if(NOT PERI_DEVICE)
    return()
  endif()
  cmake_parse_arguments(A "" "SONAME;EXPORTS" "SOURCES;LIBS;FLAGS" ${ARGN})
  peri_device_objects(${name} objects SOURCES ${A_SOURCES} FLAGS -fPIC ${A_FLAGS})
  set(flags -shared -Wl,-soname,${A_SONAME})
  set(depends)
  if(A_EXPORTS)
    get_filename_component(script ${A_EXPORTS} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    list(APPEND flags -Wl,--version-script,${script})
    set(depends ${script})
  endif()
  peri_device_link(${name} ${PERI_DEVICE_DIR}/lib/${A_SONAME} OBJECTS ${objects} LIBS ${A_LIBS} FLAGS ${flags}
    DEPENDS ${depends})
  set_property(GLOBAL PROPERTY PERI_DEVICE_ARCHIVE_${name} ${PERI_DEVICE_DIR}/lib/${A_SONAME})
endfunction()
