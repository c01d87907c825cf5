using Grid.Abstractions;

namespace Grid.Storage.Buckets;

/// <summary>Why a write was not done; becomes a <see cref="GridException"/> at the engine's edge.</summary>
internal sealed record Refusal(GridErrorCode Code, string Message, long Detail = 0)
{
    public static Refusal From(GridException exception) => new(exception.Code, exception.Message, exception.Detail);

    public GridException ToException() => new(Code, Message) { Detail = Detail };
}
