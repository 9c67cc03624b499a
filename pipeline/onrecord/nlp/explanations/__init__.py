# SPDX-License-Identifier: Apache-2.0
"""Why a record is as it is: the words, the rule, the weights, what else it could have been, and who else a pronoun could have meant."""
