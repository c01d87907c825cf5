using Grid.Abstractions;
using Grid.Silo.Iceberg;

namespace Grid.Silo.Tests.Iceberg;

public sealed class IcebergErrorTests
{
    // 503 is tried again by engines, 404 is taken for an answer, 500 is reported.
    [Theory]
    [InlineData(GridErrorCode.UnknownDatabase, 404, "NoSuchNamespaceException")]
    [InlineData(GridErrorCode.UnknownTable, 404, "NoSuchTableException")]
    [InlineData(GridErrorCode.InvalidArgument, 400, "BadRequestException")]
    [InlineData(GridErrorCode.StorageFailed, 503, "ServiceUnavailableException")]
    [InlineData(GridErrorCode.Busy, 503, "ServiceUnavailableException")]
    [InlineData(GridErrorCode.Corrupt, 500, "InternalServerError")]
    [InlineData(GridErrorCode.TooLarge, 500, "InternalServerError")]
    [InlineData(GridErrorCode.AlreadyExists, 500, "InternalServerError")]
    [InlineData(GridErrorCode.Internal, 500, "InternalServerError")]
    public void A_refusal_has_the_status_that_engines_act_upon(GridErrorCode code, int status, string type) =>
        Assert.Equal(new IcebergError(status, type, "why"), IcebergError.Of(new GridException(code, "why")));
}
