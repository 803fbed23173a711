# SPDX-License-Identifier: BSD-2-Clause
# Firmware of the MCU: freestanding Arm code, built beside the host's programs by
# Debian's own cross compiler (gcc-arm-linux-gnueabihf, headers of musl-dev:armhf;
# nothing is linked but what is named here).
#
#   peri_firmware(NAME CPU cortex-m4|cortex-a7 SCRIPT file.ld SOURCES ... [DEFINES ...])
#       -> PERI_FIRMWARE_DIR/NAME.elf and NAME.bin; every source compiled for
#          size with the warnings of trusted code, stack use in NAME.su
#
# Target `firmware` builds them all.

set(PERI_FIRMWARE_DIR ${CMAKE_BINARY_DIR}/firmware CACHE PATH "where firmware lands")
find_program(PERI_ARM_CC arm-linux-gnueabihf-gcc)
find_program(PERI_ARM_OBJCOPY arm-linux-gnueabihf-objcopy)
find_program(PERI_ARM_SIZE arm-linux-gnueabihf-size)
set(PERI_ARM_HEADERS /usr/include/arm-linux-musleabihf)
if(NOT TARGET firmware)
  add_custom_target(firmware ALL)
endif()

# -mno-unaligned-access: the first instructions of every stage run without an
# MMU, where an unaligned access faults.
set(PERI_FIRMWARE_FLAGS -std=c17 -ffreestanding -nostdinc -Os -g -mthumb
  -mfloat-abi=soft -mno-unaligned-access -fno-common -fno-pic -fno-strict-aliasing
  -ffunction-sections -fdata-sections -fstack-usage -fcallgraph-info=su -fno-asynchronous-unwind-tables
  -fstack-protector-strong -mstack-protector-guard=global
  ${PERI_WARNINGS} ${PERI_TRUSTED_WARNINGS} -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

if(NOT PERI_ARM_CC)
  message(STATUS "firmware: no cross compiler (tools/setup mcu); the MCU is left out")
endif()

function(peri_firmware name)
  if(NOT PERI_ARM_CC)
    return()
  endif()
  cmake_parse_arguments(A "" "CPU;SCRIPT" "SOURCES;DEFINES" ${ARGN})
  execute_process(COMMAND ${PERI_ARM_CC} -print-file-name=include
    OUTPUT_VARIABLE gcc_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
  list(TRANSFORM A_DEFINES PREPEND -D)
  set(flags -mcpu=${A_CPU} ${PERI_FIRMWARE_FLAGS} ${A_DEFINES} -I${CMAKE_SOURCE_DIR}
    -isystem ${gcc_headers} -isystem ${PERI_ARM_HEADERS})
  set(objects)
  set(stems)
  foreach(source ${A_SOURCES})
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    file(RELATIVE_PATH label ${CMAKE_SOURCE_DIR} ${path})
    string(REPLACE / _ stem ${label})
    set(object ${PERI_FIRMWARE_DIR}/${name}.dir/${stem}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PERI_FIRMWARE_DIR}/${name}.dir
      COMMAND ${PERI_ARM_CC} ${flags} -MD -MF ${object}.d -c ${path} -o ${object}
      DEPENDS ${path} DEPFILE ${object}.d VERBATIM
      COMMENT "firmware ${name}: ${label}")
    list(APPEND objects ${object})
    string(APPEND stems "${stem}\n")
  endforeach()
  # What tools/firmware_report looks at: the folder keeps files of sources that are gone.
  file(GENERATE OUTPUT ${PERI_FIRMWARE_DIR}/${name}.list CONTENT "${stems}")
  get_filename_component(script ${A_SCRIPT} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  set(elf ${PERI_FIRMWARE_DIR}/${name}.elf)
  set(bin ${PERI_FIRMWARE_DIR}/${name}.bin)
  add_custom_command(OUTPUT ${elf} ${bin}
    COMMAND ${PERI_ARM_CC} -mcpu=${A_CPU} -mthumb -mfloat-abi=soft -nostdlib -static
      -Wl,--gc-sections -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--fatal-warnings
      -Wl,-T,${script} -Wl,-Map,${PERI_FIRMWARE_DIR}/${name}.map ${objects} -o ${elf}
    COMMAND ${PERI_ARM_OBJCOPY} -O binary ${elf} ${bin}
    COMMAND ${PERI_ARM_SIZE} ${elf}
    DEPENDS ${objects} ${script} VERBATIM COMMENT "firmware ${name}: linking")
  add_custom_target(firmware_${name} DEPENDS ${elf} ${bin})
  add_dependencies(firmware firmware_${name})
endfunction()
