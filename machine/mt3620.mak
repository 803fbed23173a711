# SPDX-License-Identifier: GPL-2.0-or-later
# The only machine in the emulator; its Kconfig entry names the devices it needs.
CONFIG_MT3620=y
