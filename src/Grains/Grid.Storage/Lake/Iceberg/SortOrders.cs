using System.Text.Json;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Sort orders of a table: Grid's lake tables declare none; those of others are kept as they are.</summary>
/// <param name="Orders">The list as JSON.</param>
/// <param name="DefaultId">The order that writers use.</param>
internal sealed record SortOrders(JsonElement Orders, int DefaultId)
{
    /// <summary>The order 0, which is none.</summary>
    public static SortOrders Unsorted { get; } = new(JsonElement.Parse("""[{"order-id":0,"fields":[]}]"""), 0);
}
