"""Codes of the product."""

from stix_shifter_utils.utils.error_mapper_base import ErrorMapperBase
from stix_shifter_utils.utils.error_response import ErrorCode


class ErrorMapper:
    DEFAULT_ERROR = ErrorCode.TRANSMISSION_MODULE_DEFAULT_ERROR

    @staticmethod
    def set_error_code(json_data, return_obj, connector=None):
        code = {17: ErrorCode.TRANSMISSION_FORBIDDEN}.get(json_data.get("number"), ErrorMapper.DEFAULT_ERROR)
        ErrorMapperBase.set_error_code(return_obj, code, connector=connector)
