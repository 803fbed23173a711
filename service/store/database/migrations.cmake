# SPDX-License-Identifier: BSD-2-Clause
# Turns migrations/NNNN.sql into one C array, in the order of their numbers.
#   cmake -DOUT=file.c -P migrations.cmake
file(GLOB files ${CMAKE_CURRENT_LIST_DIR}/migrations/*.sql)
list(SORT files)
set(arrays "")
set(list "")
foreach(file ${files})
  get_filename_component(number ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const char migration_${number}[] = {${bytes}0};\n")
  string(APPEND list "    migration_${number},\n")
endforeach()
file(WRITE ${OUT} "#include \"service/store/database/driver.h\"\n\n${arrays}\n"
  "const char *const database_migrations[DATABASE_SCHEMA] = {\n${list}};\n")
